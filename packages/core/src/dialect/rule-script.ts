/**
 * The format of a script, named for the program that loads it.
 * - `nft`: for `nft -f`.
 * - `nft-json`: for `nft -j -f`.
 * - `iptables-restore`: for `iptables-restore --noflush` and `ip6tables-restore --noflush`, one text for both.
 *
 * @public @since 0.1.0
 */
export type RuleScriptFormat = 'nft' | 'nft-json' | 'iptables-restore'

/** @public @since 0.1.0 */
export interface RuleScriptOptions<Rules> {
  /** Remarks for the reader of the script, one line each at its head. */
  readonly remarks: readonly string[]
  /** The rules of the host that the script is for; null: not known. */
  readonly host: Rules | null
}
