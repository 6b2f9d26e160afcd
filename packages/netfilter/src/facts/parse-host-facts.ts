import { ParseError, parseJson } from '../error/index.ts'
import { faultText, findFault } from '../schema/index.ts'
import type { HostFacts } from './host-facts.ts'
import { hostFactsSchema } from './host-facts-schema.ts'

/**
 * Reads facts of a host from JSON, as `portolan inspect` prints them. Keys it does not know are kept and ignored,
 * but for those that are misspelt: what was meant would be missing in silence.
 *
 * @param source - what to call the text in errors: a file name
 * @throws ParseError for what is no JSON (with line and column), or a value of the wrong kind or a misspelt key (with its path)
 * @example
 * parseHostFacts('{"nameservers": ["10.0.0.2"]}', 'host.json').nameservers // ['10.0.0.2']
 * @public @since 0.1.0
 */
export const parseHostFacts = (json: string, source: string): HostFacts => {
  const value = parseJson(
    json,
    source,
    (found) => `expected host facts as JSON, as \`portolan inspect\` prints them: ${found}`,
  )
  const fault = findFault(hostFactsSchema, value)
  if (fault !== null) throw new ParseError(faultText(fault), { source, line: 1, column: 1 }, fault.found)
  return value as HostFacts
}
