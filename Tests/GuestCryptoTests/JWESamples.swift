/// Messages made with Python's `cryptography` 48 (its own ConcatKDFHash, aes_key_wrap and AESGCM), for the key below.
enum JWESamples {
  static let privateKey = "a54dca182530bb1d6d132cded6237b2ed91e3f721fcb1971174494d6493c9d5c"

  /// With names of both parties.
  static let compact = """
    eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0yNTYiLCJrdHkiOiJFQyIsIngiOiJ4S2FyOWxYMVhNb0IxM0RuT3VTdF\
    Y4ekdZQnJ2UG9jalBmMnMybzhacC0wIiwieSI6IlYxNjY4eUsxaGphYXdKbFVOc0VSVVNMWl9CVERyTHBCQjFmUTQ2cENFc0UifSwiYXB1IjoiUVd4cFkyVSIsImFwdiI6\
    IlFtOWkifQ.5sj9EW26OUSHNVnqe-sIw9e_75CRpLn4Q_YsEaSQPJnDeMOhhbG1Vg.VeXNjkbcjtS3wnZN.Ier22z2FdhkpmPnRWbS4vmKHbI22tg.E76bjrpj5AAEfFPg\
    fYYWmw
    """
  static let compactText = "the tide turns at noon"

  /// As a key broker answers.
  static let flattened = """
    {"protected": "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0yNTYiLCJrdHkiOiJFQyIsIngiOiI0ZzNHSWlMMjF\
    teks1dnFHNXZ5WkF0SVFmMkRGQ2lrM0dtV3ZBTjNnR01NIiwieSI6IkFjZmstSmN2M0lYTlhlQnRVdVpxNXhYZldOa2hOc3g4M3JseHhvMmI3dFkifX0", "encrypted_\
    key": "3XqQyBGdHFypVnjUTi4s24gHQYRwyaR_hfcaRxYB0wv4CLxbuRPCrg", "aad": null, "iv": "uUsNmC6Fu1W2cqhy", "ciphertext": "lZ1J4dxUQVrr\
    FxyizSz1EdLH0EcpUntM", "tag": "zJx-Tcyrak_Si498oh6KFw"}
    """
  static let flattenedText = "a resource of the broker"

  /// With data that is authenticated beside the message, in another order, and a header that nobody authenticates.
  static let withData = """
    {"ciphertext": "caiPBnswV34__xx-1R1J2OTX_A", "protected": "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2Ijo\
    iUC0yNTYiLCJrdHkiOiJFQyIsIngiOiIzZGFtSVd3N3kyaFJRelVNLXlIX2MwWlBPVjZzQ0VyX3NxMDRsblFudkUwIiwieSI6IkZUWWpmc01ybkhlM3Yzemt5YzFjTFNkW\
    nE1dy1NU1VGbW5yYWJlYlVaSzAifX0", "encrypted_key": "T6yFJ2o7ztOl2UpggXO3nyRs_6NKunde0zKL2UFcbOYZdkJj07D0oQ", "aad": "YmVzaWRl", "ta\
    g": "hN4MbI9XvnsFm1Le-kxxTg", "iv": "e6aE1kMfterXQk0J", "header": {"kid": "x"}}
    """
  static let withDataText = "with data beside it"

  /// The first byte of x is zero, and left out.
  static let shortCoordinate = """
    eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0yNTYiLCJrdHkiOiJFQyIsIngiOiJuMHJyMUhnTmlXWTc4TDllS2Vyel\
    FOM0Y1ZU12WkpBTno5eDhRb0NHQ3ciLCJ5IjoiWmZySHNFWVgxTlA0dXVfR0I3eGRHcG5uSnFtdklMd2R0a181bm5HRUE2WSJ9fQ.Vb2SqG1wGn5fDa7Tr7lA8OA0Amjvt\
    BBvT511eytuqTUyBrax3rO93g.hwHpIy8h8oEmh3hp.IVW16BIhrjI7UAfcn5s4.L4W0WA0GYIV3zud9KMqQEw
    """
  static let shortCoordinateText = "a zero left out"
}
