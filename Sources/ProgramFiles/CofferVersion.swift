/// Of all of Coffer's programs, which are built and installed together.
public enum CofferVersion {
  public static let number = "0.1.0"
}
