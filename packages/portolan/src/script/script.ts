import type { RuleScriptFormat } from '@portolan/core'
import { InvalidRequestError } from '@portolan/netfilter'
import { checkArgument, wordValue } from '@portolan/netfilter/schema'
import { checkPlanValue } from '../arguments/value-kinds.ts'
import { type Backend, backends } from '../backend/backend.ts'
import { dialects, type RulesByBackend } from '../backend/dialects.ts'
import type { Plan } from '../plan/plan.ts'
import { scriptRemarks } from './script-remarks.ts'
import { shellScript } from './shell-script.ts'
import { wholeRules } from './whole-rules.ts'

/**
 * The format of a script.
 * - `nft`: for `nft -f`.
 * - `nft-json`: for `nft -j -f`.
 * - `iptables-restore`: for `iptables-restore --noflush` and `ip6tables-restore --noflush`, one text for both.
 * - `sh`: a POSIX shell script with bridges, sysctls and rules.
 * @example
 * const formats: readonly ScriptFormat[] = ['nft', 'nft-json', 'sh']
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * formats.map((format) => script(p, format).includes('8080')) // [true, true, true]
 * @public @since 0.1.0
 */
export type ScriptFormat = 'nft' | 'nft-json' | 'iptables-restore' | 'sh'

/** @internal */
export const scriptFormats: readonly ScriptFormat[] = ['nft', 'nft-json', 'iptables-restore', 'sh']

/**
 * Prints a plan's rules as a script that stands on its own. On a host that has the bridges, the script brings the whole
 * project into force, whatever of it was there before. The script replaces all of Portolan's rules of that backend. So
 * it contains the other projects of the host as the plan saw them, and loses what they changed since. A plan made
 * without the rules of the host (`rules: null`) knows of no other project. Its script removes all other projects, and
 * says so in its head. Every format but `iptables-restore` may be run again. That one is to be loaded once:
 * iptables-restore has no condition, so each further load adds the jumps from the built-in chains once more. These
 * jumps change nothing for a packet, and the next `apply` deletes them.
 *
 * @throws InvalidRequestError when the format is not one of the plan's backend
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * script(p, 'nft').includes('add table inet portolan') // true
 * @public @since 0.1.0
 */
export const script = (plan: Plan, format: ScriptFormat): string => {
  checkPlanValue(plan)
  checkArgument(format, wordValue(scriptFormats), 'the format of the script')
  return format === 'sh' ? shellScript(plan) : rulesScript(plan.backend, plan, format)
}

const rulesScript = <One extends Backend>(backend: One, plan: Plan, format: RuleScriptFormat): string => {
  const dialect = dialects[backend]
  if (!dialect.scriptFormats.includes(format)) throw mismatch(format, plan)
  const { rules } = plan.observed
  const actual: RulesByBackend = rules
  return dialect.printScript(wholeRules(backend, plan), format, {
    remarks: scriptRemarks(plan),
    // Null: the rules of the host were not read, or not all of them.
    host: rules.incomplete?.includes(backend) === true ? null : actual[backend],
  })
}

const mismatch = (format: RuleScriptFormat, { backend }: Plan): InvalidRequestError => {
  const found = backends.find((one) => dialects[one].scriptFormats.includes(format)) ?? backend
  return new InvalidRequestError(
    `the format ${format} is not one of the backend ${backend}: use --backend ${dialects[found].tool}, or another format.`,
  )
}
