import { InvalidRequestError } from '@portolan/core'
import * as iptables from '@portolan/iptables'
import * as nftables from '@portolan/nftables'
import type { Plan } from '../plan/plan.ts'
import { shellScript } from './shell-script.ts'

/**
 * - `nft`: for `nft -f`. - `nft-json`: for `nft -j -f`. - `iptables-restore`: for `iptables-restore --noflush` and
 *   `ip6tables-restore --noflush`, one text for both. - `sh`: a POSIX shell script with bridges, sysctls and rules.
 * @public @since 0.1.0
 */
export type ScriptFormat = 'nft' | 'nft-json' | 'iptables-restore' | 'sh'

/** @internal */
export const scriptFormats: readonly ScriptFormat[] = ['nft', 'nft-json', 'iptables-restore', 'sh']

/**
 * A plan's rules as a script that stands on its own: run on a host that has the bridges, it brings the whole
 * project into force, whatever of it was there before. All formats but `iptables-restore` may be run again;
 * that one is to be loaded once, as its first line says: it cannot ask whether its jumps are there, and a second
 * time adds them twice.
 *
 * @throws InvalidRequestError when the format is not one of the plan's backend
 * @example
 * script(p, 'nft') // 'add table inet portolan\n...'
 * @public @since 0.1.0
 */
export const script = (plan: Plan, format: ScriptFormat): string => {
  const isNftables = plan.backend === 'nftables'
  switch (format) {
    case 'nft':
    case 'nft-json':
      if (!isNftables) throw mismatch(format, plan)
      return nftables.printScript(nftables.compile(plan.desired), format)
    case 'iptables-restore':
      if (isNftables) throw mismatch(format, plan)
      return iptables.printScript(iptables.compile(plan.desired))
    case 'sh':
      return shellScript(plan)
  }
}

const mismatch = (format: ScriptFormat, { backend }: Plan): InvalidRequestError =>
  new InvalidRequestError(
    `the format ${format} is not one of the backend ${backend}: use --backend ${format === 'iptables-restore' ? 'iptables' : 'nftables'}, or another format.`,
  )
