import { PermissionError, PortolanError } from '@portolan/netfilter'

/** What goes wrong on the socket is no reason to fail: nft is asked then, and says why if it fails too. */
export const attempt = async <Answer>(question: () => Promise<Answer | null>): Promise<Answer | null> => {
  try {
    return await question()
  } catch (error) {
    if (error instanceof PortolanError && !(error instanceof PermissionError)) return null
    throw error
  }
}
