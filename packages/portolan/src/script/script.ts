import * as iptables from '@portolan/iptables'
import { InvalidRequestError } from '@portolan/netfilter'
import * as nftables from '@portolan/nftables'
import type { Plan } from '../plan/plan.ts'
import { scriptRemarks } from './script-remarks.ts'
import { shellScript } from './shell-script.ts'
import { wholeIptables, wholeNftables } from './whole-rules.ts'

/**
 * - `nft`: for `nft -f`. - `nft-json`: for `nft -j -f`. - `iptables-restore`: for `iptables-restore --noflush` and
 *   `ip6tables-restore --noflush`, one text for both. - `sh`: a POSIX shell script with bridges, sysctls and rules.
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
 * A plan's rules as a script that stands on its own: run on a host that has the bridges, it brings the whole
 * project into force, whatever of it was there before. It replaces all of Portolan's rules of that backend. So
 * it carries the other projects of the host as the plan saw them, and loses what they changed since. A plan made
 * without the rules of the host (`rules: null`) knows of no other project: its script removes them all, and says so
 * in its head. All formats but `iptables-restore` may be run again. That one is to be loaded once: iptables-restore has
 * no condition, so each further load adds the jumps from the built-in chains once more. They change nothing for a
 * packet, and the next `apply` deletes them.
 *
 * @throws InvalidRequestError when the format is not one of the plan's backend
 * @example
 * const intent = readCompose('services: {web: {ports: ["8080:80"]}}', { source: 'compose.yaml', project: 'shop' })
 * const p = await plan(intent, { facts: {}, rules: null, backend: 'nftables' })
 * script(p, 'nft').includes('add table inet portolan') // true
 * @public @since 0.1.0
 */
export const script = (plan: Plan, format: ScriptFormat): string => {
  switch (format) {
    case 'nft':
    case 'nft-json':
      if (plan.backend !== 'nftables') throw mismatch(format, plan)
      return nftables.printScript(wholeNftables(plan), format, { remarks: scriptRemarks(plan) })
    case 'iptables-restore':
      if (plan.backend === 'nftables') throw mismatch(format, plan)
      return iptables.printScript(wholeIptables(plan, plan.backend), {
        remarks: scriptRemarks(plan),
        host: hostRules(plan, plan.backend),
      })
    case 'sh':
      return shellScript(plan)
  }
}

/** Null where the rules of the host were not read, or not all of them. */
const hostRules = (
  { observed: { rules } }: Plan,
  backend: 'iptables-nft' | 'iptables-legacy',
): iptables.Ruleset | null => (rules.incomplete?.includes(backend) === true ? null : rules[backend])

const mismatch = (format: ScriptFormat, { backend }: Plan): InvalidRequestError =>
  new InvalidRequestError(
    `the format ${format} is not one of the backend ${backend}: use --backend ${format === 'iptables-restore' ? 'iptables' : 'nftables'}, or another format.`,
  )
