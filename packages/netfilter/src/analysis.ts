/** What analysers of rules work with: sets of ranges, the follower of packets, and what it learns on the way. */
export { readAddress4 } from './address/address4.ts'
export { readGroups6, scratch } from './address/address6.ts'
export { readLength } from './address/parse-prefix.ts'
export { size4, size6 } from './address/prefix.ts'
export { firstEndingFrom } from './address/prefix-set.ts'
export {
  emptyRanges,
  hasFewValues,
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
export { type AlikeSubnets, movedTo } from './evaluate/alike-subnets.ts'
export { policyText } from './evaluate/describe-trace.ts'
export { type Followed, type Follower, prepareFollower } from './evaluate/follow.ts'
export type { FreeField, MemberField, PacketField } from './evaluate/free-field.ts'
export { type Host, isBridge, isLocalAddress, readHostFacts } from './evaluate/host.ts'
export type { KernelCause } from './evaluate/kernel-cause.ts'
export { prefixRange } from './evaluate/learn-route.ts'
export {
  type Condition,
  countTold,
  type Exclusion,
  exactly,
  isMemberField,
  isOfMember,
  type Learner,
} from './evaluate/learner.ts'
export { type Link, readLinks } from './evaluate/link.ts'
export { openFlow, readFirstPacket } from './evaluate/open-flow.ts'
export { noOrigins, type Origins } from './evaluate/origins.ts'
export { destinationClasses, MOST_STRETCHES } from './evaluate/route-classes.ts'
export type { Route, RouteTable } from './evaluate/route-table.ts'
export { lookUpRoute } from './evaluate/router.ts'
export { askedOf, readHead } from './evaluate/rule-heads.ts'
export { listWith } from './evaluate/rule-lists.ts'
export { isArrival } from './evaluate/run.ts'
export { chooseSource } from './evaluate/send.ts'
export { type Conclusion, type Telling, tell } from './evaluate/sum-up.ts'
export type { TraceStep } from './evaluate/trace.ts'
export type { World } from './evaluate/world.ts'
export { ownerOfChain } from './owner/fingerprint.ts'
export { managedPartOf } from './owner/managed-part.ts'
export { ownerName, ownersName } from './owner/owner-name.ts'
