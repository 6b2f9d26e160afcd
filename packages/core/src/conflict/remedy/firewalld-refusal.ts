import type { TraceStep } from '@portolan/netfilter/analysis'
import { isWithin } from './decision.ts'
import type { Wanted } from './draft.ts'

/** firewalld 2.3 and later: the chain of the ports that firewalld forwards itself. */
const strictChain = /^(filter_)?(FORWARD|INPUT|OUTPUT)_dnat$/

/** With iptables, firewalld sets a policy in these tables in panic mode alone (firewall/core/ipXtables.py). */
const isPanic = ({ table, chain, rule }: TraceStep): boolean =>
  table?.name === 'firewalld_policy_drop' ||
  (rule === null &&
    chain?.base !== null &&
    /^(raw|mangle|security)$/.test(table?.name ?? '') &&
    table?.chains.some(({ name }) => /^(INPUT|OUTPUT)_direct$/.test(name)) === true)

/** What to do about packets that firewalld refuses on purpose, and no policy lets pass; null: a policy may. */
export const refusalOfFirewalld = ({ step, isTranslated }: Wanted, owner: string | null): string | null => {
  const { table } = step
  // Not every table of firewalld can be told as its own in panic mode.
  if (isPanic(step))
    return 'firewalld is in panic mode, or it restarts. `firewall-cmd --panic-off` ends panic mode.'
  if (owner !== 'firewalld') return null
  const isStrict = table?.chains.some(({ name }) => strictChain.test(name)) === true
  if (isStrict && (isTranslated || isWithin(step, strictChain)))
    return 'Set StrictForwardPorts=no in /etc/firewalld/firewalld.conf and restart firewalld. With yes it refuses every port that it does not forward itself, whatever its zones and policies say.'
  return isWithin(step, /_deny$/)
    ? 'This rule was given to firewalld to refuse packets. Remove it from its zone or policy if it is not meant for these.'
    : null
}
