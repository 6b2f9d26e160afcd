import type { LeaseState, OwnedNetwork } from '@portolan/core'
import type { HostFacts } from '@portolan/netfilter'
import type { Backend } from '../backend/backend.ts'
import type { HostRules } from '../host-rules/host-rules.ts'
import type { Drift, PlacedWish } from './find-drift.ts'
import type { PortInForce } from './mapping-lines.ts'

/** What was read of a host for its status. */
export interface Reading {
  readonly facts: HostFacts
  readonly rules: HostRules
  readonly networks: readonly OwnedNetwork[]
  /** The backend that has rules for a bridge. */
  readonly backendOf: (bridge: string) => Backend | null
  readonly inForce: readonly PortInForce[]
  readonly wishes: readonly PlacedWish[]
  readonly drift: Drift
  readonly leases: LeaseState
  readonly unread: readonly string[]
}
