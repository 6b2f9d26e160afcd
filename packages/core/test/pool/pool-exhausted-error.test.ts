import { expect, test } from '@jest/globals'
import { fromJson } from '../../../../test/from-json.ts'
import { PoolExhaustedError, parsePool, planSubnets } from '../../src/pool/index.ts'

test('a pool that is used up is JSON with its pools and what was rejected', () => {
  try {
    planSubnets({}, [{ network: 'web', family: 'ip' }], [parsePool('10.9.0.0/24:24')], {
      reserve: ['10.9.0.0/24'],
    })
    throw new Error('a subnet was found')
  } catch (error) {
    expect(error).toBeInstanceOf(PoolExhaustedError)
    expect(fromJson(JSON.stringify(error))).toMatchObject({
      code: 'POOL_EXHAUSTED',
      message: expect.stringContaining('web'),
      pools: expect.anything(),
      rejected: [expect.objectContaining({ candidate: '10.9.0.0/24', kind: 'reserved' })],
    })
  }
})
