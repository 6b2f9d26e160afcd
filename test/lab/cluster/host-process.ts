import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { BlockChanges } from '@portolan/core'
import type { EtcdStoreOptions } from '@portolan/etcd'
import type { Machine } from '../machine.ts'
import { named } from '../waiting.ts'

const program = fileURLToPath(new URL('host-process.mjs', import.meta.url))

/** When a process kills or stops itself: before, within or after the request of this number, counted from 1. */
export interface Interrupt {
  readonly signal: 'SIGKILL' | 'SIGSTOP'
  readonly request: number
  readonly moment: 'before' | 'sent' | 'answered'
}

/** The outcome of a call to a host. `killed`: the process was gone before it answered. */
export type CallEnd<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'killed' }

/** A host of a cluster: the block rules and the etcd adapter, in a process on a machine of the lab. */
export interface HostProcess extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  call<Value>(operation: string, details?: object): Promise<CallEnd<Value>>
  /** Sends SIGCONT after a stop. */
  resume(): void
  /** Sends SIGKILL and resolves once the process is gone. */
  kill(): Promise<void>
  /** Calls `hear` with each change that `follow` sends. */
  onTold(hear: (changes: BlockChanges) => void): void
}

interface Message {
  readonly ready?: true
  readonly told?: BlockChanges
  readonly id?: number
  readonly value?: unknown
  readonly error?: { readonly code: string; readonly message: string }
}

/** @param environment - further variables, such as those of a jumping clock */
export const startHostProcess = async (
  machine: Machine,
  options: EtcdStoreOptions,
  environment: Readonly<Record<string, string>> = {},
): Promise<HostProcess> => {
  const [enter = '', ...words] = [...machine.inside, process.execPath, program, JSON.stringify(options)]
  const child: ChildProcess = spawn(enter, words, {
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const waiting = new Map<number, (end: CallEnd<unknown>) => void>()
  let hear: (changes: BlockChanges) => void = () => {}
  let isOver = false
  const over = new Promise<void>((resolve) => {
    child.on('close', () => {
      isOver = true
      for (const done of waiting.values()) done({ kind: 'killed' })
      waiting.clear()
      resolve()
    })
  })
  const ready = new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => reject(new Error(`a host's process ended: ${stderr}`)))
    child.on('message', ({ ready, told, id, value, error }: Message) => {
      if (ready === true) return resolve()
      if (told !== undefined) return hear(told)
      const done = waiting.get(id ?? -1)
      waiting.delete(id ?? -1)
      done?.(error === undefined ? { kind: 'done', value } : { kind: 'failed', ...error })
    })
  })
  await named(`the process of a host on ${machine.name}`, ready, () => stderr)
  let next = 0
  return {
    call<Value>(operation: string, details: object = {}) {
      const end = new Promise<CallEnd<Value>>((resolve, reject) => {
        if (isOver) return resolve({ kind: 'killed' })
        next += 1
        waiting.set(next, (end) => {
          // The process ended without a signal from the test, and printed an error: the call fails.
          if (end.kind === 'killed' && stderr !== '') return reject(new Error(stderr))
          resolve(end as CallEnd<Value>)
        })
        child.send({ id: next, operation, details }, () => {})
      })
      return named(`${operation} on ${machine.name}`, end, () => stderr)
    },
    resume: () => void child.kill('SIGCONT'),
    async kill() {
      child.kill('SIGKILL')
      await named(`the end of the process of a host on ${machine.name}`, over)
    },
    onTold: (listener) => {
      hear = listener
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await over
    },
  }
}
