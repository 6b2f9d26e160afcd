import type { RuleSource } from '@portolan/netfilter'

/**
 * Something foreign on a host that may rely on a sysctl which Portolan has set.
 * @public @since 0.1.0
 */
export interface SysctlUse {
  /**
   * `bridge` that packets are routed to, `link`: any other interface that leads on, `translation` (DNAT, SNAT, masquerade), `forward`: a rule on that hook,
   * `unread`: rules that could not be read, `setting`: a file of the host's configuration that sets it.
   */
  readonly kind: 'bridge' | 'link' | 'translation' | 'forward' | 'unread' | 'setting'
  /** `docker`, `podman`, `netavark`, `libvirt`, ...; null: nothing tells. */
  readonly owner: string | null
  /** The name of the bridge or interface, the rule or the setting with its place, or why rules could not be read. */
  readonly text: string
}

/** A rule with its place, as a use tells it. */
export const ruleText = ({ tool, table, chain, text }: RuleSource): string =>
  `${tool}, table ${table}, chain ${chain}: ${text}`

/** One use of each kind for each owner, and every one whose owner is not known. */
export const distinctUses = (uses: readonly SysctlUse[]): readonly SysctlUse[] => {
  const seen = new Set<string>()
  return uses.filter(({ kind, owner, text }) => {
    const key = `${kind} ${owner ?? text}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
