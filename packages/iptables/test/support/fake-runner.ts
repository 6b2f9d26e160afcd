import type { Runner, RunResult } from '@portolan/core'

export interface Call {
  readonly command: string
  readonly args: readonly string[]
  readonly input: string | undefined
}

/** A runner that answers from a function, and records its calls. */
export const fakeRunner = (
  answer: (call: Call, index: number) => Partial<RunResult>,
): Runner & { readonly calls: readonly Call[] } => {
  const calls: Call[] = []
  return {
    calls,
    run: async (command, args, options) => {
      const call = { command, args, input: options?.input }
      calls.push(call)
      return { exitCode: 0, stdout: '', stderr: '', ...answer(call, calls.length - 1) }
    },
  }
}
