import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { settleSeed } from '../seed.js'

const settled = (asked?: string): { readonly seed: string; readonly said: string } => {
  const environment: Record<string, string> = asked === undefined ? {} : { PORTOLAN_SEED: asked }
  let said = ''
  settleSeed(environment, (line: string) => {
    said += line
  })
  return { seed: environment.PORTOLAN_SEED ?? '', said }
}

const root = resolve(import.meta.dirname, '../..')

const suites = [
  join(root, 'test'),
  ...readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'test')),
].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
)

describe('the seed of a run', () => {
  test('is the same one where none is asked for, and nothing is said of it', () => {
    expect(settled()).toEqual(settled())
    expect(settled().said).toBe('')
  })

  test('is drawn for PORTOLAN_SEED=random, which says how to repeat the run', () => {
    const { seed, said } = settled('random')
    expect(said).toContain(`PORTOLAN_SEED=${seed} repeats`)
    expect(settled(seed).seed).toBe(seed)
    // Two random seeds are equal once in two thousand million.
    expect(settled('random').seed).not.toBe(seed)
  })

  test('is what PORTOLAN_SEED says', () => {
    expect(settled('-42').seed).toBe('-42')
    expect(() => settled('today')).toThrow('PORTOLAN_SEED is "today"')
  })

  test('is that of every property', () => {
    expect(fc.readConfigureGlobal().seed).toBe(Number(process.env.PORTOLAN_SEED))
    const draw = (): readonly number[] => fc.sample(fc.integer(), 20)
    expect(draw()).toEqual(draw())
  })

  test('is what all suites draw from, but for the instants at which processes are killed', () => {
    const byChance = suites.filter((path) =>
      /\bMath\.random\(|\brandom(Int|Bytes|UUID)\(/.test(readFileSync(path, 'utf8')),
    )
    expect(byChance.map((path) => path.slice(root.length + 1)).sort()).toEqual([
      'packages/host/test/lease-store/many-processes.test.ts',
    ])
  })
})
