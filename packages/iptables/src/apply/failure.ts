import { MissingToolError } from '@portolan/netfilter'

/**
 * Matches the words of a program without the privilege. iptables-legacy-restore gives no reason when it cannot open its
 * raw socket (iptables/iptables-restore.c).
 */
const denied = /permission denied|operation not permitted|you must be root|unable to initialize table/i

/** Do a program's words say that a privilege is missing? */
export const isDenied = (stderr: string): boolean => denied.test(stderr) && !isOwned(stderr)

/**
 * Was one step of a restore refused: `line 2: CHAIN_USER_ADD failed (Operation not permitted): chain X`? Then the table
 * has `flags owner` and belongs to another program alone (nft(8)). Without CAP_NET_ADMIN iptables-nft does not reach
 * such a step.
 */
export const isOwned = (stderr: string): boolean =>
  /\b[A-Z_]+ failed \(Operation not permitted\)/.test(stderr)

/** Adds the Debian package to install to the runner's error, which only names the missing program. */
export const naming = async <T>(run: Promise<T>): Promise<T> => {
  try {
    return await run
  } catch (error) {
    if (error instanceof MissingToolError && error.package !== 'iptables') {
      throw new MissingToolError(error.tool, 'iptables', { cause: error })
    }
    throw error
  }
}
