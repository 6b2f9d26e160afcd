import { InvalidRequestError } from '@portolan/netfilter'
import {
  PoolExhaustedError,
  parsePool,
  planSubnets,
  type SubnetPlan,
  type SubnetPlanOptions,
} from '../../src/pool/index.ts'

export const only = (plans: readonly SubnetPlan[]): SubnetPlan => {
  const [plan] = plans
  if (plan === undefined || plans.length !== 1) throw new Error(`${plans.length} plans`)
  return plan
}

export const routes = (destinations: readonly string[]) => ({
  routes: destinations.map((destination) => ({ destination, interface: 'eth0' })),
})

export const list = (text: string): readonly string[] => (text === '' ? [] : text.split(' '))

export interface Row {
  /** `10.0.0.0/8:24 192.168.0.0/16:24`. */
  readonly pools: string
  /** The leases of others. */
  readonly allocated?: string
  /** On-link routes and nameservers of the host. */
  readonly reserved?: string
  readonly size?: number
}

export const first = ({ pools, allocated = '', reserved = '', size }: Row): string => {
  const options: SubnetPlanOptions = {
    project: 'shop',
    leases: list(allocated).map((subnet, at) => ({ project: 'others', network: `n${at}`, subnet })),
  }
  try {
    return only(
      planSubnets(
        routes(list(reserved)),
        [{ network: 'web', family: 'ip', size: size ?? null }],
        list(pools).map(parsePool),
        options,
      ),
    ).subnet
  } catch (error) {
    if (error instanceof PoolExhaustedError) return 'none left'
    if (error instanceof InvalidRequestError) return 'invalid'
    throw error
  }
}
