import { expect, test } from '@jest/globals'
import { poolsTouched } from '../../src/engine/pools-touched.ts'

const facts = {
  enginePools: [{ engine: 'docker', base: '172.30.0.0/16', size: 24, file: '/etc/docker/daemon.json' }],
}
const web = { network: 'web', subnet: '172.30.4.0/24', origin: 'picked' }

test("a subnet picked out of Docker's pool is told, with what to do", () => {
  expect(poolsTouched([web], facts)).toEqual([
    expect.stringMatching(
      /172\.30\.4\.0\/24 of network web .* docker .* \/etc\/docker\/daemon\.json.*--reserve 172\.30\.0\.0\/16/,
    ),
  ])
})
test('what was asked for, or is elsewhere, is not', () => {
  expect(poolsTouched([{ ...web, origin: 'fixed' }], facts)).toEqual([])
  expect(poolsTouched([{ ...web, subnet: '172.17.0.0/16' }], facts)).toEqual([])
  expect(poolsTouched([web], {})).toEqual([])
})
