import { PermissionError, PortolanError } from '@portolan/netfilter'

/**
 * Asks a question over the socket; null when that fails. A failure there is not reported: nft is asked next, and gives
 * the reason if it fails too. A missing permission is reported.
 */
export const attempt = async <Answer>(question: () => Promise<Answer | null>): Promise<Answer | null> => {
  try {
    return await question()
  } catch (error) {
    if (error instanceof PortolanError && !(error instanceof PermissionError)) return null
    throw error
  }
}
