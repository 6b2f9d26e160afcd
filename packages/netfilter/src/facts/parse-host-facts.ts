import { duplicateKey, offsetInJson, parseErrorAt, parseJson } from '../error/index.ts'
import { checkArgument, checkedBy, faultText, textValue } from '../schema/index.ts'
import type { HostFacts } from './host-facts.ts'
import { hostFactsKeys, hostFactsSchema } from './host-facts-schema.ts'

/**
 * Reads facts of a host from JSON, as `portolan inspect` prints them. Unknown keys are kept and ignored. A misspelt key
 * is refused: its facts would be missing in silence. An object with keys, but none of host facts, is refused too.
 *
 * @param source - what to call the text in errors: a file name
 * @throws ParseError for invalid JSON (with line and column); a value of the wrong kind or a misspelt key (with its
 * path too); an object with keys, none of them of host facts; and a key that an object has twice (in a text of up to 1
 * MiB)
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
  const facts = checkedBy(hostFactsSchema, value, (fault) =>
    parseErrorAt(json, source, offsetInJson(json, fault.steps, fault.end), faultText(fault)),
  )
  refuseDuplicateKeys(json, source)
  refuseOtherKeys(facts, json, source)
  return facts
}

/**
 * Refuses an object without any known key: rules, or the JSON of another program, would count as a host without facts.
 */
const refuseOtherKeys = (facts: HostFacts, json: string, source: string): void => {
  const keys = Object.keys(facts)
  const [first] = keys
  if (first === undefined || keys.some((key) => hostFactsKeys.has(key))) return
  throw parseErrorAt(
    json,
    source,
    offsetInJson(json, [first], 'key'),
    `expected host facts, as \`portolan inspect\` prints them, but they have no key ${JSON.stringify(first)}`,
  )
}

/**
 * The longest text that is searched for keys twice in an object. A hand-written file is short. A longer file comes from
 * a program, and the search would take a second.
 */
const longestByHand = 2 ** 20

/**
 * Refuses a key that an object has twice. `JSON.parse` takes the last one, and the others would be missing in silence.
 */
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
