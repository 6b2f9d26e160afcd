import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** A build of another commit. Disposing it removes the build. */
export interface OtherBuild extends Disposable {
  /** The path of `main.js`: this bench, built with the code of that commit. */
  readonly main: string
  [Symbol.dispose](): void
}

const commitOf = (ref: string): string => {
  const words = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]
  const { status, stdout } = spawnSync('git', words, { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`there is no commit ${JSON.stringify(ref)} here`)
  return stdout.trim()
}

const run = (words: readonly string[], cwd: string, mustSucceed = true): void => {
  const [program = '', ...rest] = words
  const { status, stderr, error } = spawnSync(program, rest, { cwd, encoding: 'utf8' })
  if (error !== undefined) throw error
  if (status !== 0 && mustSucceed) throw new Error(`${words.join(' ')} exited with ${status}: ${stderr}`)
}

/** Checks a commit out into a temporary folder and builds it, with this bench in place of the commit's own. */
export const buildOther = (ref: string): OtherBuild => {
  const commit = commitOf(ref)
  const folder = mkdtempSync(join(tmpdir(), 'portolan-base-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    run(['sh', '-c', 'git archive "$1" | tar -x -C "$2"', 'sh', commit, folder], root)
    run(['sh', 'script/bootstrap'], folder)
    rmSync(join(folder, 'bench'), { recursive: true, force: true })
    cpSync(join(root, 'bench'), join(folder, 'bench'), {
      recursive: true,
      filter: (path) => !path.startsWith(join(root, 'bench/dist')),
    })
    // An entry for a feature that the commit does not have fails to compile. tsc writes the other entries all the same.
    run(['node_modules/.bin/tsc', '-b', 'bench'], folder, false)
    const main = join(folder, 'bench/dist/main.js')
    if (!existsSync(main)) throw new Error(`the bench cannot be built over ${ref}`)
    return { main, [Symbol.dispose]: remove }
  } catch (error) {
    remove()
    throw error
  }
}
