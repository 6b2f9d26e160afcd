import type { Runner } from '@portolan/core'
import { InspectError, MissingToolError, ParseError, PermissionError } from '@portolan/netfilter'
import { dialects } from '../backend/dialects.ts'
import { hostAccess } from './host-access.ts'
import type { HostRules } from './host-rules.ts'
import { withRuleSocket } from './with-rule-socket.ts'

/**
 * The rules of everybody else, beside those a plan is made from: what may keep a mapping from working.
 *
 * @param rules - as `readRules` gives them: all of iptables, and of nftables what is ours
 * @returns null when they could not be read, with the reason
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
    // Where nft is not installed, there is nothing that it could have written, unless a socket saw it.
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
