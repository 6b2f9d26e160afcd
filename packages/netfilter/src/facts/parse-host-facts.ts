import { duplicateKey, offsetInJson, parseErrorAt, parseJson } from '../error/index.ts'
import { checkArgument, faultText, findFault, textValue } from '../schema/index.ts'
import type { HostFacts } from './host-facts.ts'
import { hostFactsKeys, hostFactsSchema } from './host-facts-schema.ts'

/**
 * Reads facts of a host from JSON, as `portolan inspect` prints them. Keys it does not know are kept and ignored,
 * but for those that are misspelt: what was meant would be missing in silence. A text with no key of host facts is refused.
 *
 * @param source - what to call the text in errors: a file name
 * @throws ParseError for what is no JSON (with line and column), a value of the wrong kind or a misspelt key (with its path too), what has keys and none of host facts, and for a key that an object has twice (in a text of up to 1 MiB)
 * @example
 * parseHostFacts('{"nameservers": ["10.0.0.2"]}', 'host.json').nameservers // ['10.0.0.2']
 * @public @since 0.1.0
 */
export const parseHostFacts = (json: string, source: string): HostFacts => {
  checkArgument(json, textValue('a text of JSON, as "portolan inspect" prints it'), 'the text of the facts')
  checkArgument(source, textValue('a text'), 'the name of the facts')
  const value = parseJson(
    json,
    source,
    (found) => `expected host facts as JSON, as \`portolan inspect\` prints them: ${found}`,
  )
  const fault = findFault(hostFactsSchema, value)
  if (fault !== null)
    throw parseErrorAt(json, source, offsetInJson(json, fault.steps, fault.end), faultText(fault))
  refuseDuplicateKeys(json, source)
  const facts = value as HostFacts
  refuseOtherKeys(facts, json, source)
  return facts
}

/** Rules, or the JSON of another program, would count as a host of which nothing is known. */
const refuseOtherKeys = (facts: HostFacts, json: string, source: string): void => {
  const keys = Object.keys(facts)
  const [first] = keys
  if (first === undefined || keys.some((key) => hostFactsKeys.has(key))) return
  throw parseErrorAt(
    json,
    source,
    offsetInJson(json, [first], 'key'),
    `expected host facts, as \`portolan inspect\` prints them, and the key ${JSON.stringify(first)} is none of theirs`,
  )
}

/** A file by hand has some lines. Of a longer one, a program's, the keys are not compared: it would take a second. */
const longestByHand = 2 ** 20

/** `JSON.parse` takes the last of them, and what the others say would be missing in silence. */
const refuseDuplicateKeys = (json: string, source: string): void => {
  const twice = json.length > longestByHand ? null : duplicateKey(json)
  if (twice === null) return
  throw parseErrorAt(
    json,
    source,
    twice.offset,
    `the key ${JSON.stringify(twice.key)} is in this object twice: join the two, or take one away`,
  )
}
