export { announceNode, type NodeRequest } from './announce-node.ts'
export type { BlockRecord } from './block-record.ts'
export { type BlockAnswer, type BlockRequest, type BlockSteps, runBlockSteps } from './block-steps.ts'
export * from './block-store.ts'
export * from './block-store-error.ts'
export { type ClaimedBlocks, type ClaimRequest, claimBlocks } from './claim-blocks.ts'
export type { ClusterBlock } from './cluster-state.ts'
export * from './cluster-url.ts'
export * from './describe-cluster.ts'
export type { BlockMove, RememberedBlock } from './find-moves.ts'
export * from './held-since.ts'
export type { ClusterMember } from './member.ts'
export * from './memory-block-store.ts'
export { BlocksExhaustedError, type MissingBlocks } from './missing-blocks.ts'
export {
  type ClusterNeighbours,
  type ForgottenBlock,
  type NeighbourBlock,
  neighboursOf,
  type RouteHolder,
  withoutRouteHolder,
} from './neighbours.ts'
export type { NodeAddresses } from './node-record.ts'
export { blocksOfDeadHosts, reclaimBlocks } from './reclaim-blocks.ts'
export { type ReleaseRequest, releaseBlocks } from './release-blocks.ts'
export { type ClusterSetUp, type PoolChange, setUpCluster } from './set-up-cluster.ts'
