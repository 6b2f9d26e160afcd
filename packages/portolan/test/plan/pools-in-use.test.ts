import { describe, expect, test } from '@jest/globals'
import { emptyConfig, type HeldBlocks, readCompose } from '@portolan/core'
import { plan } from '../../src/plan/plan-intent.ts'
import { allPoolsInUse, type PoolSource } from '../../src/plan/pools-in-use.ts'
import { drawMaps } from '../../src/report/draw-maps.ts'

const blocks: HeldBlocks = {
  ...{ cluster: 'prod', pools: ['10.64.0.0/12:24'], lost: [], join: 'portolan cluster join' },
  ...{ blocks: ['10.66.31.0/24', '10.70.2.0/24', '10.90.0.0/24'], leaving: ['10.90.0.0/24'] },
}
const config = { ...emptyConfig, pools: ['10.200.0.0/16:24', 'fd00:1::/48:64'] }

const names = (source: PoolSource, held: HeldBlocks | null): readonly string[] =>
  allPoolsInUse(source, held).map(({ name }) => name)

describe('the pools that subnets come from', () => {
  test('are the default ones, or those that are settled', () => {
    expect(names({}, null)).toEqual(['classic', 'docker'])
    expect(names({ config }, null)).toEqual(config.pools)
  })

  test('are the blocks of this host in a cluster, and in a family that it has none of what is settled', () => {
    const own = ['10.66.31.0/24:24', '10.70.2.0/24:24', '10.90.0.0/24:24']
    expect(names({}, blocks)).toEqual(own)
    expect(names({ config }, blocks)).toEqual([...own, 'fd00:1::/48:64'])
  })

  test('are those that are named before all else', () => {
    expect(names({ pools: ['10.9.0.0/16:24'], config }, blocks)).toEqual(['10.9.0.0/16:24'])
  })

  test('are drawn in a report: the blocks of this host, and no default pool', async () => {
    const intent = readCompose('services: {web: {ports: ["8080:80"]}}', {
      ...{ source: 'compose.yaml', project: 'shop' },
    })
    const planned = await plan(intent, {
      ...{ facts: {}, rules: null, backend: 'nftables', pools: ['10.66.31.0/24:24'] },
    })
    const [page = '', ...more] = drawMaps(planned, emptyConfig, null, blocks)
    expect(more).toEqual([])
    for (const block of blocks.blocks) expect(page).toContain(block)
    expect(page).not.toContain('172.17.0.0')
    expect(drawMaps(planned, emptyConfig, null, null)[0]).not.toContain('10.70.2.0/24')
  })
})
