import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from '@jest/globals'
import { withCertificates } from '../certificates.js'

const script = fileURLToPath(new URL('../../script/pack', import.meta.url))

/** Makes a folder that is removed at the end of the suite. */
export const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-packages-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A package as a release would publish it. */
export interface Tarball {
  readonly path: string
  /** `portolan-core-0.1.0.tgz` */
  readonly file: string
  /** The paths inside it, without the leading `package/`. */
  readonly files: readonly string[]
}

/** Packs every package of the workspace from its present sources. */
export const packAll = (): readonly Tarball[] =>
  execFileSync('sh', [script, emptyFolder()], {
    encoding: 'utf8',
    env: { ...withCertificates(process.env), NODE_OPTIONS: '' },
  })
    .trim()
    .split('\n')
    .map((path) => ({
      path,
      file: basename(path),
      files: execFileSync('tar', ['tzf', path], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((name) => name.replace(/^package\//, '')),
    }))
