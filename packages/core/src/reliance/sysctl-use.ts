import type { RuleSource } from '@portolan/netfilter'

/**
 * Something foreign on a host that may rely on a sysctl that Portolan has set.
 * @public @since 0.1.0
 */
export interface SysctlUse {
  /**
   * The kind of use.
   * - `bridge`: a bridge that the host routes packets to.
   * - `link`: another interface that the host may forward packets to.
   * - `translation`: a rule with DNAT, SNAT or masquerade.
   * - `forward`: a rule on the forward hook.
   * - `unread`: rules that could not be read.
   * - `setting`: a configuration file of the host that sets the sysctl.
   */
  readonly kind: 'bridge' | 'link' | 'translation' | 'forward' | 'unread' | 'setting'
  /** `docker`, `podman`, `netavark`, `libvirt`, ...; null: not known. */
  readonly owner: string | null
  /** The name of the bridge or interface, the rule or the setting with its place, or why rules could not be read. */
  readonly text: string
}

/** A rule with its place, as messages show it. */
export const ruleText = ({ tool, table, chain, text }: RuleSource): string =>
  `${tool}, table ${table}, chain ${chain}: ${text}`

/** The uses without repetition: one of each kind for each known owner, and every use without a known owner. */
export const distinctUses = (uses: readonly SysctlUse[]): readonly SysctlUse[] => {
  const seen = new Set<string>()
  return uses.filter(({ kind, owner, text }) => {
    const key = `${kind} ${owner ?? text}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
