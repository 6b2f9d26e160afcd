import type { Family } from '@portolan/netfilter'
import type { Grammar } from '../grammar.ts'
import { contentMatches } from './content.ts'
import { flowMatches } from './flow.ts'
import { headerMatches, headerMatches4, headerMatches6 } from './header.ts'
import { hostMatches } from './host.ts'
import { policyMatch } from './policy.ts'
import { portMatches } from './ports.ts'
import { rateMatches } from './rate.ts'
import { rateEstimatorMatch } from './rate-estimator.ts'
import { timeMatch } from './time.ts'

const both = {
  ...contentMatches,
  ...flowMatches,
  ...headerMatches,
  ...hostMatches,
  ...portMatches,
  ...rateMatches,
  policy: policyMatch,
  rateest: rateEstimatorMatch,
  time: timeMatch,
}

const families: Readonly<Record<Family, ReadonlyMap<string, Grammar>>> = {
  ip: new Map(Object.entries({ ...both, ...headerMatches4 })),
  ip6: new Map(Object.entries({ ...both, ...headerMatches6 })),
}

/** Other names of modules. */
const aliases: Readonly<Record<string, string>> = { icmpv6: 'icmp6', 'ipv6-icmp': 'icmp6' }

/** The name by which iptables-save lists a module. */
export const moduleName = (name: string): string =>
  Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name

/** The grammar of a module after `-m`; undefined when iptables has no such module. */
export const matchGrammar = (module: string, family: Family): Grammar | undefined =>
  families[family].get(module)
