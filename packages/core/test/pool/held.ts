import { type HeldBlocks, parsePool, planSubnets, type SubnetRequest } from '@portolan/core'

export const join = 'portolan cluster join'

export const held: HeldBlocks = {
  ...{ cluster: 'prod', pools: ['10.64.0.0/12:24', 'fd00:1234::/48:64'], lost: [], join },
  blocks: ['10.66.31.0/24', '10.70.2.0/24', 'fd00:1234:0:7::/64'],
}

export const ip = (network: string, more: Partial<SubnetRequest> = {}): SubnetRequest => ({
  ...{ network, family: 'ip' },
  ...more,
})

export const plan = (
  requests: readonly SubnetRequest[],
  blocks: HeldBlocks = held,
  pools: readonly string[] = [],
) => planSubnets({}, requests, pools.map(parsePool), { blocks })
