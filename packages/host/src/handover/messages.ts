/**
 * One call of an engine: what a plugin was started with.
 * @public @since 0.1.0
 */
export interface HandedCall {
  /** Which of the plugins of the program. */
  readonly plugin: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly stdin: string
  /** What of the caller's surroundings has to be the server's too. */
  readonly place: string
}

/**
 * What a plugin answers.
 * @public @since 0.1.0
 */
export interface HandedAnswer {
  readonly exitCode: 0 | 1
  readonly stdout: string
}

/** The first line of a client. */
export interface Hello {
  readonly protocol: typeof protocol
  /** The file that serves calls, of the client's own version. */
  readonly server: string
  /** The name of what that file loads: it is another one in another version. */
  readonly version: string
}

/** What the server says, a line each. */
export type Said =
  // It is in turn: the client waits from now on.
  | { readonly kind: 'heard' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'warn'; readonly text: string }
  | { readonly kind: 'answer'; readonly answer: HandedAnswer }
  | { readonly kind: 'refused' }

export const protocol = 2

/**
 * What the watch and the process that serves say to each other about a socket. A process that hands a socket over goes on
 * reading from it until the other has it (lib/internal/child_process.js of Node), and what it reads is lost. So the
 * server speaks to the client once the watch has heard that it has the socket, and let go.
 */
export const handle = { taken: { kind: 'taken' }, yours: { kind: 'yours' } } as const

export const sameKind = (message: unknown, { kind }: { readonly kind: string }): boolean =>
  typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind

export const line = (value: Hello | HandedCall | Said): string => `${JSON.stringify(value)}\n`

/**
 * Gives whole lines to `take`, each as what it is in JSON.
 * @param refuse - is called in its place for a line that is none
 */
export const byLine = (take: (value: unknown) => void, refuse: () => void): ((chunk: string) => void) => {
  let rest = ''
  return (chunk) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const text of lines) {
      const value = fromJson(text)
      if (value === undefined) refuse()
      else take(value)
    }
  }
}

const fromJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
