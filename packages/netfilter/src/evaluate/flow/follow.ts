import type { HostFacts } from '../../facts/index.ts'
import type { NetfilterRuleset } from '../../model/index.ts'
import { countNoted, noteStretch } from '../learn/checks.ts'
import { type Host, readHostFacts } from '../packet/host.ts'
import type { Traffic } from '../packet/traffic.ts'
import { copyWorld, type World } from '../packet/world.ts'
import { type Compiler, createCompiler } from '../value/compiler.ts'
import { findBridgeTable } from '../walk/bridge-table.ts'
import { buildHooks, familiesSeen } from '../walk/hook-list.ts'
import { type Run, startRun } from '../walk/run.ts'
import { followAnswer } from './answer.ts'
import { createFaresAlike } from './fares-alike.ts'
import { followLater, goesOn } from './later-packets.ts'
import { receive } from './receive.ts'
import { send } from './send.ts'
import { createStaysHere } from './stays-here.ts'
import type { Conclusion } from './sum-up.ts'
import { loseToOtherWay } from './way-out.ts'

/** A host with its rules. Packets are followed through it. */
export interface Follower {
  readonly host: Host
  /** Follows a packet, its answer, and the packets after that, in every possible course. */
  readonly follow: (world: World) => Followed
  /** The same host with other rules. The work for unchanged tables and chains is used again. */
  readonly withRules: (rulesets: readonly NetfilterRuleset[]) => Follower
}

export interface Followed {
  readonly conclusions: readonly Conclusion[]
  readonly run: Run
}

/**
 * Prepares a host and its rules for following packets.
 *
 * @param compareLater - tells which later packets need not be followed
 * @throws ParseError when an address or route of the facts cannot be read
 */
export const prepareFollower = (
  facts: HostFacts,
  rulesets: readonly NetfilterRuleset[],
  compareLater: typeof createFaresAlike = createFaresAlike,
): Follower => followerOf(createCompiler(readHostFacts(facts)), rulesets, compareLater)

const followerOf = (
  compiler: Compiler,
  rulesets: readonly NetfilterRuleset[],
  compareLater: typeof createFaresAlike,
): Follower => {
  const { host } = compiler
  const hooks = {
    ip: buildHooks(rulesets, familiesSeen.ip, compiler),
    ip6: buildHooks(rulesets, familiesSeen.ip6, compiler),
  }
  const faresAlike = {
    ip: compareLater(host, 'ip', hooks.ip, compiler),
    ip6: compareLater(host, 'ip6', hooks.ip6, compiler),
  }
  const staysHere = {
    ip: createStaysHere(host, 'ip', hooks.ip),
    ip6: createStaysHere(host, 'ip6', hooks.ip6),
  }
  const routesByMark = Object.values(host.routers).some(({ rules }) => rules.some(({ asksMark }) => asksMark))
  const bridgeTable = findBridgeTable(rulesets, routesByMark)
  return {
    host,
    follow: (world) => {
      const run = startRun()
      const traffic: Traffic = { host, hooks: hooks[world.family], run, bridgeTable }
      const began = copyWorld(world)
      if (world.in === null) send(traffic, world)
      else receive(traffic, world, world.in)
      const conclusions: Conclusion[] = []
      for (const reached of run.ends) {
        const noted = countNoted(world)
        const astray = loseToOtherWay(host, run, reached)
        const answers = followAnswer(traffic, began, reached, run)
        for (const answered of answers) {
          const isOver =
            !goesOn(began, reached, answered) || faresAlike[began.family](began, reached, answered)
          const ends = isOver
            ? [answered]
            : followLater(traffic, began, reached, answered, [...run.ends, ...answers], run)
          for (const end of ends) conclusions.push({ reached, end })
          if (staysHere[began.family](reached)) noteStretch(world, noted, 'after')
        }
        if (astray !== null) conclusions.push({ reached: astray, end: astray })
      }
      return { conclusions, run }
    },
    withRules: (others) => followerOf(compiler, others, compareLater),
  }
}
