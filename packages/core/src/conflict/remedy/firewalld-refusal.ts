import { isWithin } from './decision.ts'
import type { Wanted } from './draft.ts'
import { ownersTerms } from './owners-terms.ts'

/** The chain of the ports that firewalld forwards itself (firewalld 2.3 and later). */
const strictChain = /^(filter_)?(FORWARD|INPUT|OUTPUT)_dnat$/

/** The remedy in panic mode. Until it ends, other refusals of firewalld are no reason to change its settings. */
export const panicText =
  'firewalld is in panic mode, or it restarts. `firewall-cmd --panic-off` ends panic mode.'

/** The remedy for packets that firewalld refuses on purpose and that no policy can let pass; null: a policy can. */
export const refusalOfFirewalld = ({ step, isTranslated }: Wanted, owner: string | null): string | null => {
  const { table } = step
  if (owner !== 'firewalld') return null
  const isStrict = table?.chains.some(({ name }) => strictChain.test(name)) === true
  if (isStrict && (isTranslated || isWithin(step, strictChain)))
    return 'Set StrictForwardPorts=no in /etc/firewalld/firewalld.conf, save what is set at run time (firewall-cmd --runtime-to-permanent), and restart firewalld. With yes it refuses every port that it does not forward itself, whatever its zones and policies say.'
  return isWithin(step, /_deny$/)
    ? `This rule was given to firewalld to refuse packets. Remove it if it is not meant for these. ${ownersTerms(step)}`
    : null
}
