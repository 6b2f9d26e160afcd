import { checkRuleset } from '@portolan/core/planning'
import type { JsonObject, Ruleset } from '../model/index.ts'
import { rulesetObjects } from './json/json.ts'
import { rulesetText } from './text/text-table.ts'

/**
 * The form of a ruleset: `nft` is the text that `nft -f` reads, `nft-json` the JSON that `nft -j -f` reads.
 * @public @since 0.1.0
 */
export type NftFormat = 'nft' | 'nft-json'

/**
 * Writes `{"nftables": [...]}` with one object a line, so that two texts can be compared by eye.
 *
 * @param remark - a remark for people, put into `metainfo`: JSON has no comments, and of `metainfo` nft reads only
 *   the version
 */
export const jsonText = (objects: readonly JsonObject[], remark = ''): string => {
  const metainfo = { json_schema_version: 1, ...(remark === '' ? {} : { comment: remark }) }
  const lines = [{ metainfo }, ...objects].map((object) => JSON.stringify(object))
  return `{"nftables": [\n${lines.join(',\n')}\n]}\n`
}

/**
 * Prints a ruleset as nft would list it. JSON has the handles that were read; the text has none, as without `-a`. A
 * rule that is not fully understood is a comment line in the text. In JSON it is unchanged.
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
