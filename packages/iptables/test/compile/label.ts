export const label = (port: number): string => `-m comment --comment "demo/0.0.0.0:${port}/tcp -> nginx:80"`
