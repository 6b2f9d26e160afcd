import { expect, test } from '@jest/globals'
import { readCompose } from '../../src/intent/index.ts'
import { parsePool } from '../../src/pool/index.ts'
import { resolve } from '../../src/resolve/index.ts'

const refusal = (text: string): string => {
  const intent = readCompose(text, { source: 'compose.yaml', project: 'shop' })
  try {
    resolve(intent, {}, { pools: [parsePool('10.0.0.0/24:24')], reserve: ['10.0.0.0/8'] })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'a subnet was found'
}

test('a network without a free subnet is told with its place in the file', () => {
  const text = 'services:\n  web: {networks: [front]}\nnetworks:\n  front: {driver: bridge}\n'
  expect(refusal(text)).toMatch(/^compose\.yaml:4:3: No subnet is free for network front in pool 10\.0\.0\.0/)
})

test('the default network, which is written nowhere, is told by its name', () => {
  expect(refusal('services:\n  web: {image: x}\n')).toMatch(/^No subnet is free for network default in pool/)
})
