import { checkHostFacts } from '../../facts/check-host-facts.ts'
import type { HostFacts } from '../../facts/index.ts'
import { checkRulesets } from '../../model/check-rulesets.ts'
import type { NetfilterRuleset } from '../../model/index.ts'
import { checkPacket } from '../../packet/check-packet.ts'
import type { PacketInput } from '../../packet/index.ts'
import { checkOptions, listValue, type OptionKinds, objectValue } from '../../schema/check-options.ts'
import { type EndpointAddress, indexEndpoints } from '../packet/endpoint-set.ts'
import { prepareFollower } from './follow.ts'
import { openFlow, readFirstPacket } from './open-flow.ts'
import type { Outcome } from './outcome.ts'
import { sumUp } from './sum-up.ts'

/** @public @since 0.1.0 */
export interface EvaluateOptions {
  /** The endpoints. Without them no outcome is `delivered`, only `forwarded`. */
  readonly endpoints?: readonly EndpointAddress[]
}

const optionKinds: OptionKinds<EvaluateOptions> = {
  endpoints: listValue('a list of endpoints', objectValue('an endpoint').holds),
}

/**
 * A host with its rules, prepared to evaluate packets.
 * @public @since 0.1.0
 */
export interface Evaluator {
  /**
   * @throws InvalidRequestError for addresses of two families, or a protocol that is not known
   */
  readonly evaluate: (packet: PacketInput) => Outcome
}

/**
 * Reads facts and rules once, to evaluate many packets: exact sets are hashed, chains are indexed by their rules'
 * matches, routes by prefix length. Neither facts nor rules may change while the evaluator is in use.
 *
 * @param rulesets - one of each tool that has rules on the host, as `lower` gives them
 * @throws ParseError when an address or route of the facts cannot be read; InvalidRequestError for an argument of another
 *   kind
 * @example
 * const host = prepare(facts, [lowered])
 * packets.map((packet) => host.evaluate(packet).outcome)
 * @public @since 0.1.0
 */
export const prepare = (
  facts: HostFacts,
  rulesets: NetfilterRuleset | readonly NetfilterRuleset[],
  options: EvaluateOptions = {},
): Evaluator => {
  checkHostFacts(facts, 'the facts')
  checkRulesets(rulesets)
  checkOptions(options, optionKinds, 'the options of evaluate')
  const { endpoints = [] } = options
  const follower = prepareFollower(facts, 'tables' in rulesets ? [rulesets] : rulesets)
  const ours = indexEndpoints(endpoints)
  return {
    evaluate: (packet) => {
      checkPacket(packet)
      const world = openFlow(follower.host, readFirstPacket(packet))
      const { conclusions, run } = follower.follow(world)
      return sumUp(conclusions, run, ours)
    },
  }
}

/**
 * Evaluates one flow on a host: its first packet through every hook of every tool, routing, connection tracking and
 * translation, the answer back, and the next packet each way where rules could treat it differently. A match that no
 * packet settles (`limit`, an unknown match) is followed both ways.
 *
 * @throws ParseError when the facts cannot be read; InvalidRequestError for a packet that makes no sense
 * @example
 * evaluate({ family: 'ip', in: 'eth0', source: '198.51.100.7', sourcePort: 40000, destination: '192.0.2.2',
 *   destinationPort: 8080, protocol: 'tcp' }, facts, rulesets).outcome // 'local'
 * @public @since 0.1.0
 */
export const evaluate = (
  packet: PacketInput,
  facts: HostFacts,
  rulesets: NetfilterRuleset | readonly NetfilterRuleset[],
  options: EvaluateOptions = {},
): Outcome => prepare(facts, rulesets, options).evaluate(packet)
