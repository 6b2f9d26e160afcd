import type { Family } from '@portolan/netfilter'
import type { Grammar } from '../grammar.ts'
import { headerTargets, headerTargets4, headerTargets6 } from './header.ts'
import { logTargets } from './log.ts'
import { markTargets } from './mark.ts'
import { natTargets, natTargets6 } from './nat.ts'
import { verdictTargets, verdictTargets4 } from './verdict.ts'

const both = { ...headerTargets, ...logTargets, ...markTargets, ...natTargets, ...verdictTargets }

const families: Readonly<Record<Family, ReadonlyMap<string, Grammar>>> = {
  ip: new Map(Object.entries({ ...both, ...headerTargets4, ...verdictTargets4 })),
  ip6: new Map(Object.entries({ ...both, ...headerTargets6, ...natTargets6 })),
}

/** The grammar of a target after `-j`; undefined when iptables has no such target. */
export const targetGrammar = (name: string, family: Family): Grammar | undefined => families[family].get(name)
