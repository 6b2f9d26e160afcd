import { checkRuleset } from '@portolan/core/planning'
import type { JsonObject, Ruleset } from '../model/index.ts'
import { rulesetObjects } from './json/json.ts'
import { rulesetText } from './text/text-table.ts'

/**
 * `nft` is the text `nft -f` reads, `nft-json` the JSON `nft -j -f` reads.
 * @public @since 0.1.0
 */
export type NftFormat = 'nft' | 'nft-json'

/**
 * `{"nftables": [...]}` with one object a line, so that two of them can be compared by eye.
 *
 * @param remark - for people: JSON has no comments, and nft reads nothing of `metainfo` but the version
 */
export const jsonText = (objects: readonly JsonObject[], remark = ''): string => {
  const metainfo = { json_schema_version: 1, ...(remark === '' ? {} : { comment: remark }) }
  const lines = [{ metainfo }, ...objects].map((object) => JSON.stringify(object))
  return `{"nftables": [\n${lines.join(',\n')}\n]}\n`
}

/**
 * A ruleset as nft would list it: in JSON with the handles it was read with, in text without (as without `-a`).
 * In the text form a rule that is not fully understood is a comment line; in JSON it is what it was.
 *
 * @throws InvalidRequestError when the text form cannot write a name or comment (one with a quote)
 * @example
 * print(parse(stdout), 'nft') // table inet portolan { ... }
 * @public @since 0.1.0
 */
export const print = (ruleset: Ruleset, format: NftFormat): string => {
  checkRuleset(ruleset)
  return format === 'nft' ? rulesetText(ruleset) : jsonText(rulesetObjects(ruleset))
}
