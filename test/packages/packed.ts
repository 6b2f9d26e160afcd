import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from '@jest/globals'
import { withCertificates } from '../certificates.js'

const script = fileURLToPath(new URL('../../script/pack', import.meta.url))

/** A folder that is gone when the suite that asked for it is done. */
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
  /** Paths inside it, without the leading `package/`. */
  readonly files: readonly string[]
}

/** Packs every package of the workspace, as its sources are now. */
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
