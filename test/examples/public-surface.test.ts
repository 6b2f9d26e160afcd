import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { build, stop } from 'esbuild'
import { bundleOptions } from '../../script/bundle-options.js'
import { describeOnKernel } from '../lab/gate.ts'
import { codeOf } from './markdown/blocks.ts'
import { blocks } from './markdown/pages.ts'
import { scratchFolder } from './scratch-folder.ts'
import { exampleModule, surfaceExports } from './surface-examples.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')

/**
 * Prefixed, because a type and a function may differ only in the case of their first letter, and some file systems
 * ignore case.
 */
const shown = surfaceExports.flatMap(({ name, isType, example }) =>
  example === null ? [] : [{ name: `${isType ? 'type' : 'value'} ${name}`, example }],
)
const touchesHost = /\b(apply|destroy|planDestroy|openHost|openLeaseStore|readHost)\(/

describe('what `portolan` exports', () => {
  test('can be learned in an evening: at most 65 names', () => {
    expect(surfaceExports.length).toBeGreaterThan(40)
    expect(surfaceExports.length).toBeLessThanOrEqual(65)
  })

  test('has an example for each name', () => {
    expect(surfaceExports.filter(({ example }) => example === null).map(({ name }) => name)).toEqual([])
  })
})

/** Runs files with Node on a host without rules, with its own /run and /var/lib. Null: Node ended well. */
const endOf = (files: readonly string[]): Promise<string | null> => {
  const alone = 'mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/lib && exec "$@"'
  const code = files.map((file) => `await import(${JSON.stringify(file)})`).join('\n')
  const node = [process.execPath, '--input-type=module', '--eval', code]
  return run('unshare', ['--net', '--mount', 'sh', '-c', alone, 'sh', ...node]).then(
    () => null,
    ({ stderr }) => String(stderr),
  )
}

describe('the examples of what `portolan` exports', () => {
  const folder = scratchFolder()
  beforeAll(async () => {
    for (const { name, example } of shown) writeFileSync(join(folder, `${name}.ts`), exampleModule(example))
    // The ts blocks of Markdown files are compiled together with these, and run in markdown.test.ts.
    for (const block of blocks.filter(({ kind }) => kind === 'ts'))
      writeFileSync(
        join(folder, `${block.page.replaceAll('/', ' ')} ${block.line}.ts`),
        `${codeOf(block)}\nexport {}\n`,
      )
    await build({
      ...bundleOptions,
      entryPoints: shown.map(({ name }) => join(folder, `${name}.ts`)),
      outdir: join(folder, 'built'),
      outExtension: { '.js': '.mjs' },
    })
    await stop()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('are well typed', async () => {
    const options = {
      extends: join(root, 'test/tsconfig.json'),
      compilerOptions: { rootDir: root, noUnusedLocals: false },
      include: ['*.ts'],
      references: [],
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
    const tsc = join(root, 'node_modules/.bin/tsc')
    await run(tsc, ['-b', 'packages/portolan'], { cwd: root })
    const { stdout } = await run(tsc, ['-p', folder], { cwd: root }).catch((error) => error)
    expect(stdout).toBe('')
  })

  describeOnKernel('on a host of their own', 'nftables', () => {
    const built = (name: string): string => join(folder, 'built', `${name}.mjs`)

    test('do what they say, where they read and change nothing', async () => {
      const pure = shown.filter(({ example }) => !touchesHost.test(example))
      expect(pure.length).toBeGreaterThan(20)
      expect(await endOf(pure.map(({ name }) => built(name)))).toBeNull()
    })

    test.each(shown.filter(({ example }) => touchesHost.test(example)))(
      '$name does what it says',
      async ({ name }) => {
        expect(await endOf([built(name)])).toBeNull()
      },
    )
  })
})
