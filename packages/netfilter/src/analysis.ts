/**
 * The parts that rule analysers share: sets of ranges, the packet follower, and the conditions it learns on the way.
 */
export { readAddress4 } from './address/address4.ts'
export { readGroups6, scratch } from './address/address6.ts'
export { readLength } from './address/parse-prefix.ts'
export { size4, size6 } from './address/prefix.ts'
export { firstEndingFrom } from './address/prefix-set.ts'
export {
  emptyRanges,
  hasFewValues,
  hasSomeOf,
  hasValue,
  includesRanges,
  intersectRanges,
  intersects,
  isEmptySet,
  isSingleValue,
  type RangeSet,
  rangeSet,
  rangesOf,
  singleValue,
  subtractRanges,
  uniteRanges,
  valueSet,
} from './address/range-set.ts'
export { readAsked } from './evaluate/chain/rule-heads.ts'
export { countWith } from './evaluate/chain/rule-lists.ts'
export { type Followed, type Follower, prepareFollower } from './evaluate/flow/follow.ts'
export { openFlow, readFirstPacket } from './evaluate/flow/open-flow.ts'
export { chooseSource } from './evaluate/flow/send.ts'
export { type Conclusion, type Telling, tell } from './evaluate/flow/sum-up.ts'
export { conditionsWithout } from './evaluate/learn/checks.ts'
export { prefixRange } from './evaluate/learn/learn-route.ts'
export {
  type Condition,
  countTold,
  type Exclusion,
  exactly,
  isMemberField,
  isOfMember,
  type Learner,
} from './evaluate/learn/learner.ts'
export { noChecks } from './evaluate/learn/stretch.ts'
export type { FreeField, MemberField, PacketField } from './evaluate/packet/free-field.ts'
export { type Host, isBridge, isLocalAddress, readHostFacts } from './evaluate/packet/host.ts'
export { noOrigins, type Origins } from './evaluate/packet/origins.ts'
export { isAnswer, type PacketNumber } from './evaluate/packet/packet-number.ts'
export type { World } from './evaluate/packet/world.ts'
export { type AlikeSubnets, movedTo } from './evaluate/route/alike-subnets.ts'
export { type Link, readLinks } from './evaluate/route/link.ts'
export { destinationClasses, MOST_STRETCHES } from './evaluate/route/route-classes.ts'
export type { Route, RouteTable } from './evaluate/route/route-table.ts'
export { lookUpRoute } from './evaluate/route/router.ts'
export { routingRuleWords } from './evaluate/route/routing-rule-text.ts'
export { describeTrace, policyText } from './evaluate/trace/describe-trace.ts'
export { endpointText } from './evaluate/trace/endpoint-text.ts'
export { keptSource } from './evaluate/trace/kept-source.ts'
export type { KernelCause } from './evaluate/trace/kernel-cause.ts'
export type { TraceStep } from './evaluate/trace/trace.ts'
export { findArpTable } from './evaluate/walk/bridge-table.ts'
export { isArrival } from './evaluate/walk/run.ts'
export { asksOnly, furtherSteps } from './model/further-steps.ts'
export { toolOfChain } from './model/tool-of-chain.ts'
export { ownerOfChain } from './owner/fingerprint.ts'
export { managedPartOf } from './owner/managed-part.ts'
export { ownerName, ownersName } from './owner/owner-name.ts'
