/** The parts from which another planner builds a plan: single searches for conflicts, and the words of changes. */
export { addPoolsText } from './block/add-pools-text.ts'
export { announceFrom } from './block/announce-node.ts'
export { type SettledBlocks, settleBlocks } from './block/claim-blocks.ts'
export {
  claimLine,
  claimLines,
  clusterLine,
  type LinePlace,
  otherClusterText,
  takeoverLine,
} from './block/cluster-line.ts'
export {
  type LostRecords,
  lostPools,
  lostRecords,
  unknownHosts,
  withUnknownHosts,
} from './block/lost-records.ts'
export { isNameUnread, ownsName } from './block/member.ts'
export { arePoolsWritten } from './block/neighbours.ts'
export { forgottenOf, reclaimForgotten } from './block/reclaim-forgotten.ts'
export { seenAfterLoss } from './block/seen-after-loss.ts'
export type { KnownBlocks } from './block/undone-moves.ts'
export { type UnreadBlock, unreadBlocks } from './block/unread-blocks.ts'
export { isOfPools, isWithinBlocks } from './block/within-blocks.ts'
export type { YieldedBlock } from './block/yield-blocks.ts'
export { findHostPortTaken } from './conflict/find-host-port-taken.ts'
export { findLostBlock, findLostBlocks, isAboutBlocks } from './conflict/find-lost-block.ts'
export { findNetworkInUse } from './conflict/find-network-in-use.ts'
export {
  findRuleConflicts,
  type RemedySearch,
  searchRemedies,
  searchRules,
} from './conflict/find-rule-conflicts.ts'
export { findStaleConntrack } from './conflict/find-stale-conntrack.ts'
export { moveCommand } from './conflict/kind/move-command.ts'
export { findPortsInEphemeralRange } from './conflict/kind/port-in-ephemeral-range.ts'
export { namedInFile } from './conflict/kind/subnet-overlap.ts'
export { routeLocalnetDisabled } from './conflict/kind/sysctl-disabled.ts'
export { engineSubnets } from './conflict/remedy/engine-subnets.ts'
export type { RuleConflictOptions } from './conflict/rule-conflict-options.ts'
export { overFamily } from './conflict/rule-kind/effect.ts'
export { plannedFacts } from './conflict/search/planned-host/planned-facts.ts'
export { withoutStandIns } from './conflict/without-stand-ins.ts'
export {
  type AttachedEnd,
  attachedEndpoints,
  attachedEnds,
  insideAddresses,
  type LeasedEnd,
  leasedEnds,
  unleasedEnds,
} from './contract/attached-endpoints.ts'
export { bridgeMac } from './contract/bridge-mac.ts'
export { interfaceNameFault, isInterfaceName } from './contract/check-name.ts'
export { type HostSocket, mappingLabel } from './contract/mapping-label.ts'
export { networkMark } from './contract/network-mark.ts'
export {
  checkApplyOptions,
  checkCompileOptions,
  checkMendOptions,
  checkScriptOptions,
} from './dialect/check-options.ts'
export { checkRuleset } from './dialect/check-ruleset.ts'
export { hereDocument, quoted } from './dialect/shell-text.ts'
export {
  endpointIntent,
  isAddress,
  mappingIntents,
  networkIntent,
  type PortDestination,
  parentedIntent,
  requestedHostAddress,
  requestedName,
  requestedPorts,
  requestedProtocol,
} from './intent/builder/index.ts'
export { composeProfiles } from './intent/compose/compose-profiles.ts'
export { bridgeOptionNames, type DriverOptions, readBridgeOptions } from './intent/compose/driver-options.ts'
export { heldInSubnet } from './lease/addresses-in-subnet.ts'
export { addressKey, subnetKey } from './lease/lease-key.ts'
export { forgetHolder, forgetReleased, releaseHolder } from './lease/release.ts'
export { switchHairpinOff } from './plan/diff-bridge-port.ts'
export { deleteRoutes, diffRoutes } from './plan/diff-routes.ts'
export { type ChangeWords, withWords } from './plan/late-words.ts'
export { hasPoolOf } from './pool/held-blocks.ts'
export { holderOf } from './pool/holder-of.ts'
export { isNameTaken, mayBeItself, takeoverText } from './pool/name-taken.ts'
export { firstUsable } from './pool/usable-addresses.ts'
export type { AddressUse } from './resolve/address-use.ts'
export { leasedBesideParent } from './resolve/beside-parent.ts'
export { checkMapping } from './resolve/check-mapping.ts'
export { type ExpandedMappings, expandMappings } from './resolve/expand-mappings.ts'
export { type ExpandedOpenings, expandOpenings } from './resolve/expand-openings.ts'
export { interfaceWithAddress } from './resolve/host-address.ts'
export { unfinishedMoveNotes } from './resolve/note-moves.ts'
export { parentUse } from './resolve/parent-use.ts'
export { leasedParents } from './resolve/settle-parented.ts'
export { forgottenRoutes, routesLeft } from './route/forgotten-routes.ts'
export { familyWithoutPool, leavingBlockNotes } from './route/leaving-block-notes.ts'
export { type LostBlockUse, lostBlockNotes } from './route/lost-block-notes.ts'
export { networkPlaceNotes } from './route/network-place-notes.ts'
export {
  hasOwnRoutes,
  leftBehindText,
  routesElsewhere,
  routesText,
  routesUnknown,
} from './route/routes-elsewhere.ts'
export { routesWithLinks } from './route/routes-with-links.ts'
export { uncheckedSubnetNotes } from './route/unchecked-subnet-notes.ts'
export { amongNeighbours, chosenAnew, withoutStaleRoutes } from './route/with-neighbours.ts'
export { withoutLeavingRoutes } from './route/without-leaving-routes.ts'
