// The little of Node that the unit tests use, so that the page does not see Node's names.

declare module "node:test" {
  export default function test(name: string, body: () => void | Promise<void>): void;
}

declare module "node:assert/strict" {
  const assert: {
    equal(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    ok(value: unknown, message?: string): asserts value;
    throws(body: () => unknown): void;
  };
  export default assert;
}

declare module "node:crypto" {
  export const webcrypto: Crypto;
}
