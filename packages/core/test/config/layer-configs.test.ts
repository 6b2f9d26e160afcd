import { expect, test } from '@jest/globals'
import { type Config, emptyConfig, layerConfigs } from '../../src/index.ts'

const reserved = (range: string, from: string | null = null) => ({ range, from })
const config = (parts: Partial<Config>): Config => ({ ...emptyConfig, ...parts })

test('the nearer pools are taken where there are any', () => {
  const farther = config({ pools: ['docker'] })
  expect(layerConfigs(config({ pools: ['classic'] }), farther).pools).toEqual(['classic'])
  expect(layerConfigs(config({ pools: [] }), farther).pools).toEqual([])
  expect(layerConfigs(emptyConfig, farther).pools).toEqual(['docker'])
})
test('reserved ranges add up: a flag does not free what the file reserves', () => {
  expect(
    layerConfigs(
      config({ reserved: [reserved('10.0.0.0/8')] }),
      config({ reserved: [reserved('192.168.0.0/16', 'file:2')] }),
    ).reserved,
  ).toEqual([reserved('10.0.0.0/8'), reserved('192.168.0.0/16', 'file:2')])
})
test('what the nearer allows is no longer reserved by the farther, and the rest stays', () => {
  expect(
    layerConfigs(
      config({ allowed: ['10.0.0.0/9', '192.0.2.7'] }),
      config({ reserved: [reserved('10.0.0.0/8', 'file:1'), reserved('192.0.2.7', 'file:2')] }),
    ),
  ).toEqual({
    pools: null,
    reserved: [reserved('10.128.0.0/9', 'file:1')],
    allowed: ['10.0.0.0/9', '192.0.2.7'],
  })
})
test('what the nearer both reserves and allows stays reserved', () => {
  const nearer = config({ allowed: ['10.0.0.0/8'], reserved: [reserved('10.0.0.0/8')] })
  expect(layerConfigs(nearer, emptyConfig)).toEqual(nearer)
})

test('the nearer config names the cluster, or else the farther one', () => {
  const [near, far] = ['etcd://192.0.2.1/near', 'etcd://192.0.2.1/far']
  expect(layerConfigs({ ...emptyConfig, cluster: near }, { ...emptyConfig, cluster: far }).cluster).toBe(near)
  expect(layerConfigs(emptyConfig, { ...emptyConfig, cluster: far }).cluster).toBe(far)
  expect(layerConfigs(emptyConfig, emptyConfig)).toEqual(emptyConfig)
})
