#ifndef COFFER_INTERRUPTION_H
#define COFFER_INTERRUPTION_H

/// The signal that takes a thread out of a blocking KVM_RUN is SIGURG: ignored unless someone asks for it, so that a late one
/// harms nobody.

/// Makes sure that the signal has a handler, for the whole process; a handler that someone else installed serves as well.
/// Returns 0 or the negative error number.
int coffer_interruption_install(void);

/// Lets the calling thread receive the signal and returns the thread's kernel number.
int coffer_interruption_thread(void);

/// Sends the signal to a thread of this process; one that has ended is no error.
void coffer_interruption_send(int thread);

#endif
