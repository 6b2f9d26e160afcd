export { type BlockObstacle, blockObstacles } from './block-obstacles.ts'
export { countSubnets, type SubnetCount } from './count-subnets.ts'
export { firstFreeAddress } from './first-free-address.ts'
export { blockPools, type HeldBlocks } from './held-blocks.ts'
export { type HostIndex, indexHost } from './host-index.ts'
export { type PoolInput, parsePool, poolText } from './parse-pool.ts'
export { planSubnets } from './plan-subnets.ts'
export { classicPool, defaultPools, dockerPool, type Pool, type PoolEntry } from './pool.ts'
export { PoolExhaustedError, rejectionText } from './pool-exhausted-error.ts'
export type { Collision, Overlap, Rejection } from './rejection.ts'
export type { ReservationKind } from './reservation.ts'
export type {
  ReservedRange,
  SubnetLease,
  SubnetPlan,
  SubnetPlanOptions,
  SubnetRequest,
} from './subnet-request.ts'
export { ulaPool } from './ula-pool.ts'
