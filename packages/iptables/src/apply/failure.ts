import { MissingToolError } from '@portolan/netfilter'

/** iptables-legacy-restore gives no reason when it may not open its raw socket (iptables/iptables-restore.c). */
const denied = /permission denied|operation not permitted|you must be root|unable to initialize table/i

/** Whether a program's words say that a privilege is missing. */
export const isDenied = (stderr: string): boolean => denied.test(stderr) && !isOwned(stderr)

/**
 * One step of a restore was refused: `line 2: CHAIN_USER_ADD failed (Operation not permitted): chain X`. Its table has
 * `flags owner`, and is another program's alone (nft(8)). Without CAP_NET_ADMIN iptables-nft comes to no step.
 */
export const isOwned = (stderr: string): boolean =>
  /\b[A-Z_]+ failed \(Operation not permitted\)/.test(stderr)

/** Says which Debian package to install, where the runner only knew which program was missing. */
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
