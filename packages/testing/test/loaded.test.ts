import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { build, stop } from 'esbuild'
import { bundleOptions } from '../../../script/bundle-options.js'

afterAll(() => stop())

/** What an entry of the package loads, with all that is loaded for it. */
const loadedBy = async (entry: string): Promise<readonly string[]> => {
  const { metafile } = await build({
    ...bundleOptions,
    entryPoints: [join('packages/testing/src', entry)],
    outdir: 'packages/testing/dist/loaded',
    external: [...(bundleOptions.external ?? []), 'fast-check', '@jest/globals', 'vitest'],
    metafile: true,
    write: false,
  })
  const outputs = Object.values(metafile.outputs)
  return [
    ...outputs.flatMap(({ inputs }) => Object.keys(inputs)),
    ...outputs.flatMap(({ imports }) => imports.map(({ path }) => path)),
  ]
}

test.each(['index.ts', 'jest.ts', 'vitest.ts'])(
  '%s loads nothing that reads this host, and no native code',
  async (entry) => {
    const loaded = await loadedBy(entry)
    expect(loaded.length).toBeGreaterThan(100)
    const refused = /^packages\/host\/|^(node:)?child_process$|\b(lmdb|netlink)\b/
    const own = loaded.filter((path) => refused.test(path) && !path.startsWith('packages/core/src/netlink/'))
    expect(own).toEqual([])
  },
)
