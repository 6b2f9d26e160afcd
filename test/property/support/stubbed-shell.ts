import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { insist, type Namespace, openNamespace } from './namespace.ts'

export interface Call {
  /** The program's name and its arguments. */
  readonly words: readonly string[]
  readonly input: string
}

export interface Ran {
  readonly exitCode: number
  readonly output: string
  readonly calls: readonly Call[]
  /** The files under /proc/sys that were written, by name, with their contents. */
  readonly sysctls: Readonly<Record<string, string>>
  /** Files that appeared in the folder of the script: a canary got out. */
  readonly escaped: readonly string[]
}

const programs = [
  'nft',
  'ip',
  'bridge',
  'sysctl',
  'iptables',
  'ip6tables',
  ...['iptables', 'ip6tables'].flatMap((program) =>
    ['nft', 'legacy'].flatMap((variant) => [`${program}-${variant}`, `${program}-${variant}-restore`]),
  ),
]

/**
 * A program that records its arguments and its input. It answers as if no rule and no bridge existed. Words end in NUL,
 * which no argument can contain.
 */
const stub = (record: string): string => `#!/bin/sh
{
  printf '%s\\0' "$(($# + 1))" "\${0##*/}" "$@"
  /bin/cat
  printf '\\0'
} >> '${record}'
case "\${0##*/} $*" in
  *'tables-'*' -C '*) exit 1 ;;
  'ip link show '*) exit 1 ;;
esac
`

const readCalls = (record: string): readonly Call[] => {
  const fields = record.split('\0')
  const calls: Call[] = []
  let at = 0
  while (at < fields.length - 1) {
    const count = Number(fields[at])
    calls.push({ words: fields.slice(at + 1, at + 1 + count), input: fields[at + 1 + count] ?? '' })
    at += count + 2
  }
  return calls
}

/** A machine on which a script finds only recording programs, and sysctls that are plain files. */
export interface StubbedShell extends Disposable {
  /**
   * @param script - a shell script
   * @param shell - the path of the shell that runs it
   * @param sysctls - files under /proc/sys whose folders must exist
   */
  readonly run: (script: string, shell: string, sysctls: readonly string[]) => Ran
}

export const openStubbedShell = (): StubbedShell => {
  const namespace: Namespace = openNamespace()
  // The script must not write to the real sysctls: some of them are the machine's, and not the namespace's.
  insist(namespace, 'mount', ['-t', 'tmpfs', 'tmpfs', '/proc/sys'])
  const folder = mkdtempSync(join(tmpdir(), 'portolan-property-'))
  const [bin, here, record] = [join(folder, 'bin'), join(folder, 'here'), join(folder, 'record')]
  mkdirSync(bin)
  for (const program of programs) {
    writeFileSync(join(bin, program), stub(record))
    chmodSync(join(bin, program), 0o755)
  }
  const kernel = join(namespace.root, 'proc/sys')

  const run: StubbedShell['run'] = (script, shell, sysctls) => {
    for (const entry of readdirSync(kernel)) rmSync(join(kernel, entry), { recursive: true })
    for (const file of sysctls) mkdirSync(dirname(join(namespace.root, file)), { recursive: true })
    rmSync(here, { recursive: true, force: true })
    mkdirSync(here)
    writeFileSync(record, '')
    writeFileSync(join(folder, 'script'), script)
    const words = ['-c', 'cd "$1" && PATH="$2" exec "$3" ../script', 'sh', here, bin, shell]
    const { exitCode, stdout, stderr } = namespace.run('sh', words)
    const written = readdirSync(kernel, { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    )
    return {
      exitCode,
      output: stdout + stderr,
      calls: readCalls(readFileSync(record, 'utf8')),
      sysctls: Object.fromEntries(
        written.map((file): [string, string] => {
          const path = join(file.parentPath, file.name)
          return [join('/proc/sys', relative(kernel, path)), readFileSync(path, 'utf8')]
        }),
      ),
      escaped: readdirSync(here),
    }
  }
  return {
    run,
    [Symbol.dispose]: () => {
      namespace[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
