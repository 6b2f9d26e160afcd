/**
 * - `nft`: for `nft -f`. - `nft-json`: for `nft -j -f`. - `iptables-restore`: for `iptables-restore --noflush` and
 *   `ip6tables-restore --noflush`, one text for both.
 * @public @since 0.1.0
 */
export type RuleScriptFormat = 'nft' | 'nft-json' | 'iptables-restore'

/** @public @since 0.1.0 */
export interface RuleScriptOptions<Rules> {
  /** For the reader of the script: a line each in its head. */
  readonly remarks: readonly string[]
  /** What the host has that it is for; null: not known. */
  readonly host: Rules | null
}
