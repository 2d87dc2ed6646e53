// Icons of the stage, drawn like the others.

import type { ComponentChildren } from "preact";

const Icon = ({ children }: { children: ComponentChildren }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {children}
  </svg>
);

const slash = <path d="M4.500 4.500l15 15" />;

export const Mic = ({ off }: { off?: boolean }) => (
  <Icon>
    <rect x="9" y="3.500" width="6" height="11" rx="3" class={off ? "" : "solid"} />
    <path d="M5.500 11.500a6.500 6.500 0 0 0 13 0M12 18v3" />
    {off && slash}
  </Icon>
);

export const Cam = ({ off }: { off?: boolean }) => (
  <Icon>
    <rect x="3" y="6.500" width="12.500" height="11" rx="2.500" />
    <path d="M15.500 11l5.500-3v8l-5.500-3z" class={off ? "" : "solid"} />
    {off && slash}
  </Icon>
);

export const Door = () => (
  <Icon>
    <path d="M10 4.500H6.500a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H10M14.500 8l4 4-4 4M18 12H9.500" />
  </Icon>
);

export const Spotlight = () => (
  <Icon>
    <circle cx="12" cy="8" r="3.500" />
    <path d="M5 20a7 7 0 0 1 14 0" />
  </Icon>
);

export const Shop = () => (
  <Icon>
    <path d="M5 10v9.500h14V10M3.500 9 5.500 4.500h13L20.500 9a2.800 2.800 0 0 1-5.700 0 2.800 2.800 0 0 1-5.600 0 2.800 2.800 0 0 1-5.700 0z" />
  </Icon>
);

export const Crown = () => (
  <Icon>
    <path d="M4 17.500 3 8l5 3.500L12 5l4 6.500L21 8l-1 9.500z" class="solid" />
  </Icon>
);
