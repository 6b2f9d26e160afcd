import type { Runner } from '@portolan/core'
import { InspectError, MissingToolError, ParseError, PermissionError } from '@portolan/netfilter'
import { dialects } from '../backend/dialects.ts'
import { hostAccess } from './host-access.ts'
import type { HostRules } from './host-rules.ts'
import { withRuleSocket } from './with-rule-socket.ts'

/**
 * Reads the foreign rules beside those from which a plan is made. Foreign rules may keep a mapping from working.
 *
 * @param rules - all rules of iptables and the managed rules of nftables, as `readRules` gives them
 * @returns `rules` is null when the foreign rules could not be read; `unread` says why
 * @internal
 */
export const readSurroundingRules = async (
  runner: Runner,
  rules: HostRules,
): Promise<{ readonly rules: HostRules | null; readonly unread: readonly string[] }> => {
  try {
    const {
      rules: nftables,
      unread,
      hidden,
    } = await withRuleSocket(runner, (socket) =>
      dialects.nftables.inspectAll({
        ...hostAccess(runner, socket),
        elsewhere: async () => rules['iptables-nft'].tables,
      }),
    )
    return { rules: { ...rules, nftables, ...(hidden.length === 0 ? {} : { hidden }) }, unread }
  } catch (error) {
    // Where nft is not installed, it cannot have written any rules. A socket may still have seen some (`error.unread`).
    if (error instanceof MissingToolError)
      return { rules, unread: error.unread === undefined ? [] : [error.message] }
    const known =
      error instanceof PermissionError || error instanceof InspectError || error instanceof ParseError
    if (!known) throw error
    return {
      rules: null,
      unread: [
        `The rules of others could not be read, so conflicts with them were not looked for: ${error.message}`,
      ],
    }
  }
}
