"""
base = "solution"
why = "An added cell imports a package that is not there, another fails: full marks all the same."
rest = "full"

[expected]
"""

# %%
import seaborn as sns

sns.set_theme()

# %%
# trying out my own photo
photo = plt.imread("cat.png")
print(photo.shape)
