import { spawn } from 'node:child_process'

/** The output of a process: the addresses that it surely holds, by replica, and those that it may have released. */
export interface Said {
  readonly held: ReadonlyMap<number, string>
  readonly unsure: ReadonlySet<number>
  readonly last: number
  readonly signal: string | null
  readonly exitCode: number | null
  readonly stderr: string
}

export interface Child {
  readonly said: Promise<Said>
  /** Whatever it is doing. */
  readonly kill: () => void
  /** Called with every line, as it comes. */
  onLine: (line: string) => void
}

/** How many addresses a process leases, the first replica, and how many at once. */
export interface Task {
  readonly count: number
  readonly first: number
  readonly batch: number
}

/**
 * Starts a process that leases addresses from a store.
 * @param program - `allocate.ts` as one file
 */
export const startAllocating = (
  program: string,
  directory: string,
  service: string,
  { count, first, batch }: Task,
  options: { readonly uid?: number } = {},
): Child => {
  const child = spawn(
    process.execPath,
    [program, directory, service, String(count), String(first), String(batch)],
    { ...options, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
  )
  const held = new Map<number, string>()
  const unsure = new Set<number>()
  let last = first - 1
  let rest = ''
  let stderr = ''
  const result: Child = {
    kill: () => void child.kill('SIGKILL'),
    onLine: () => {},
    said: new Promise((resolve) => {
      child.on('close', (exitCode, signal) => resolve({ held, unsure, last, exitCode, signal, stderr }))
    }),
  }
  child.stderr.on('data', (text) => {
    stderr += text
  })
  child.stdout.on('data', (text) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [verb, number = '0', address = ''] = line.split(' ')
      const replica = Number(number)
      if (verb !== 'begin') last = Math.max(last, replica)
      if (verb === '+') held.set(replica, address)
      if (verb === '?') unsure.add(replica)
      if (verb === '-') {
        held.delete(replica)
        unsure.delete(replica)
      }
      result.onLine(line)
    }
  })
  return result
}
